/* Wine says of every file that it belongs to the ordinary account S-1-5-21-0-0-0-1000, because that account owns the
 * prefix. On Windows what lies in Program Files belongs to the administrators, and our program wants that of the IT
 * department's files. So this one word is changed in what Wine says; who else may write there stays as it is in the
 * modes of the files. Everything else goes to Wine's own library (see `installer/wine.py`).
 */

#include <windows.h>

typedef DWORD (WINAPI *ask_t)(LPCWSTR, int, SECURITY_INFORMATION, PSID *, PSID *, PACL *, PACL *, PSECURITY_DESCRIPTOR *);

static const unsigned char account[28] = {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0, 0, 0, 0,
                                          0, 0, 0, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0};
static const unsigned char administrators[16] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};

DWORD WINAPI GetNamedSecurityInfoW_stand_in(LPCWSTR name, int kind, SECURITY_INFORMATION wanted, PSID *owner, PSID *group,
                                            PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *found)
{
    ask_t ask = (ask_t)(void *)GetProcAddress(LoadLibraryA("advapi32_of_wine.dll"), "GetNamedSecurityInfoW");
    DWORD status = ask(name, kind, wanted, owner, group, dacl, sacl, found);

    if (status == ERROR_SUCCESS && found != NULL) {
        unsigned char *bytes = *found;
        DWORD at, size = GetSecurityDescriptorLength(*found);

        for (at = 0; at + sizeof account <= size; at++)
            if (memcmp(bytes + at, account, sizeof account) == 0)
                memcpy(bytes + at, administrators, sizeof administrators); /* shorter; what is left over means nothing */
    }
    return status;
}
