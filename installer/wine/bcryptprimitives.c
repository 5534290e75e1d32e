/* Wine 8 lacks ProcessPrng, the system's random numbers, which cryptography is linked to. */
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL ProcessPrng(PBYTE data, SIZE_T size) { return RtlGenRandom(data, (ULONG)size); }
