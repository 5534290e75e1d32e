/* The command line that checks an organisation's profile: words alone, so that it can be tried on every system. */

#include <wchar.h>

#define MAX_COMMAND 32768 /* with the zero at its end; CreateProcessW takes no more */

static int is_stroke(wchar_t letter)
{
    return letter == L'\\' || letter == L'/';
}

/* X:\... or \\SERVER\...: what is looked up from a current folder would be looked up from that of Windows Installer. */
static int is_full_path(const wchar_t *path)
{
    if (is_stroke(path[0]))
        return is_stroke(path[1]);
    return path[0] != 0 && path[1] == L':' && is_stroke(path[2]);
}

/* "PROGRAM" profile install [OPTION] ["PROFILE"] from `PROGRAM|PROFILE`, of which the first `|` becomes a zero.
 * Zero where the words make no command. */
static int make_command(wchar_t *data, const wchar_t *option, wchar_t *command)
{
    wchar_t *profile = wcschr(data, L'|');
    size_t length, strokes = 0;

    if (profile == NULL)
        return 0;
    *profile++ = 0;
    length = wcslen(profile);
    if (length > 0 && (!is_full_path(profile) || wcschr(profile, L'"') != NULL))
        return 0;
    while (strokes < length && profile[length - 1 - strokes] == L'\\')
        strokes++;
    if (wcslen(data) + wcslen(option) + length + strokes + 32 > MAX_COMMAND)
        return 0;
    wcscpy(command, L"\"");
    wcscat(command, data);
    wcscat(command, L"\" profile install");
    wcscat(command, option);
    if (length > 0) {
        wcscat(command, L" \"");
        wcscat(command, profile);
        /* Before a quotation mark a backslash would take away its meaning, and two are one. */
        wcscat(command, profile + length - strokes);
        wcscat(command, L"\"");
    }
    return 1;
}
