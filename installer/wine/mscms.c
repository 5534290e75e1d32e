/* Wine's colour management misses what Qt's window plug-in is linked to: here no screen has a colour profile. */
#define MISSING(name) __declspec(dllexport) void *name(void) { return 0; }
MISSING(OpenColorProfileW) MISSING(CloseColorProfile) MISSING(WcsCreateIccProfile) MISSING(GetColorProfileFromHandle)
