/* Wine 8 lacks the system's ICU, which Qt6Core is linked to. Qt asks it for text codecs alone and has its own for
   UTF-8, UTF-16 and Latin-1: here every codec is missing. */
#define MISSING(name) __declspec(dllexport) void *name(void) { return 0; }
MISSING(ucnv_open) MISSING(ucnv_close) MISSING(ucnv_reset) MISSING(ucnv_getMaxCharSize) MISSING(ucnv_getName)
MISSING(ucnv_getToUCallBack) MISSING(ucnv_getFromUCallBack) MISSING(ucnv_setToUCallBack) MISSING(ucnv_setFromUCallBack)
MISSING(ucnv_toUnicode) MISSING(ucnv_fromUnicode) MISSING(ucnv_toUCountPending) MISSING(ucnv_fromUCountPending)
MISSING(ucnv_cbToUWriteUChars) MISSING(ucnv_cbFromUWriteUChars) MISSING(ucnv_getStandardName)
MISSING(ucnv_getAvailableName) MISSING(ucnv_countAvailable)
MISSING(UCNV_FROM_U_CALLBACK_SUBSTITUTE) MISSING(UCNV_TO_U_CALLBACK_SUBSTITUTE)
