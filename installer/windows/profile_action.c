/* The one custom action of the Windows installer: has the installed program put an organisation's profile into its place
 * (`nexkit.exe profile install`) and writes what the program says into the log of the installation. A program that
 * refuses fails the installation with its own sentence; an action of the kind that only starts a program would log a
 * number.
 *
 * Deferred, as the computer (SYSTEM). CustomActionData: path of the program, `|`, and the value of PROFILE.
 */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <msi.h>
#include <msiquery.h>

#include "command_line.h"

#define MAX_OUTPUT 16384
#define PATIENCE_MS 120000 /* a share that does not answer is given up by the system long before */

static void say(MSIHANDLE install, INSTALLMESSAGE kind, const wchar_t *line)
{
    MSIHANDLE record = MsiCreateRecord(1);

    MsiRecordSetStringW(record, 0, L"nexkit: [1]");
    MsiRecordSetStringW(record, 1, line);
    MsiProcessMessage(install, kind, record);
    MsiCloseHandle(record);
}

/* Run it with its output in the file; its exit status, or -1 where it cannot be started or does not end. */
static int run(wchar_t *command, HANDLE output)
{
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD status = (DWORD)-1;

    start.dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW;
    start.wShowWindow = SW_HIDE;
    start.hStdOutput = output;
    start.hStdError = output;
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &process))
        return -1;
    if (WaitForSingleObject(process.hProcess, PATIENCE_MS) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &status);
    else
        TerminateProcess(process.hProcess, status);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return (int)status;
}

/* What the program wrote, line by line, into the log; as an error, which a person sees too, where it refused.
 * How many lines that were. */
static int tell(MSIHANDLE install, HANDLE output, INSTALLMESSAGE kind)
{
    static char bytes[MAX_OUTPUT];
    static wchar_t text[MAX_OUTPUT];
    DWORD read = 0;
    int length = 0, lines = 0;
    wchar_t *line, *end;

    SetFilePointer(output, 0, NULL, FILE_BEGIN);
    if (ReadFile(output, bytes, sizeof bytes, &read, NULL) && read > 0) {
        length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, bytes, (int)read, text, MAX_OUTPUT - 1);
        if (length == 0)
            length = MultiByteToWideChar(CP_ACP, 0, bytes, (int)read, text, MAX_OUTPUT - 1);
    }
    text[length] = 0;
    for (line = text; *line; line = end) {
        end = line + wcscspn(line, L"\r\n");
        while (*end == L'\r' || *end == L'\n')
            *end++ = 0;
        if (*line) {
            say(install, kind, wcsncmp(line, L"nexkit: ", 8) == 0 ? line + 8 : line);
            lines++;
        }
    }
    return lines;
}

__declspec(dllexport) UINT __stdcall InstallProfile(MSIHANDLE install)
{
    static wchar_t data[MAX_COMMAND], command[MAX_COMMAND];
    wchar_t folder[MAX_PATH], file[MAX_PATH];
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    /* The program writes in the system's code page: where that has no Japanese, a log in English is better than none. */
    const wchar_t *language = GetACP() != 932 && GetACP() != CP_UTF8 ? L" --lang en" : L"";
    DWORD size = MAX_COMMAND;
    HANDLE output;
    int status, lines;

    if (MsiGetPropertyW(install, L"CustomActionData", data, &size) != ERROR_SUCCESS ||
        !make_command(data, language, command)) {
        say(install, INSTALLMESSAGE_ERROR,
            L"PROFILE is not the full path of a file or folder (X:\\... or \\\\SERVER\\...) / "
            L"PROFILE には、ファイルまたはフォルダーの完全なパス(X:\\... か \\\\SERVER\\...)を指定してください。");
        return ERROR_INSTALL_FAILURE;
    }
    if (!GetTempPathW(MAX_PATH, folder) || !GetTempFileNameW(folder, L"nex", 0, file) ||
        (output = CreateFileW(file, GENERIC_READ | GENERIC_WRITE, 0, &inherited, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL)) == INVALID_HANDLE_VALUE) {
        say(install, INSTALLMESSAGE_ERROR, L"no file can be made in the computer's folder of temporary files");
        return ERROR_INSTALL_FAILURE;
    }
    status = run(command, output);
    lines = tell(install, output, status == 0 ? INSTALLMESSAGE_INFO : INSTALLMESSAGE_ERROR);
    if (status == -1 || (status != 0 && lines == 0))
        say(install, INSTALLMESSAGE_ERROR, L"the check of the profile could not be run to its end");
    CloseHandle(output);
    return status == 0 ? ERROR_SUCCESS : ERROR_INSTALL_FAILURE;
}
