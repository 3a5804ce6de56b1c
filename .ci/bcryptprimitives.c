/*
 * The one function of Windows' bcryptprimitives.dll that Go programs call at
 * their start, and that wine 8 does not have. .ci/windows builds it.
 */
#include <windows.h>

/* RtlGenRandom of advapi32 under its exported name. */
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
	while (size > 0) {
		ULONG part = size > 0x40000000 ? 0x40000000 : (ULONG)size;
		if (!SystemFunction036(data, part))
			return FALSE;
		data += part;
		size -= part;
	}
	return TRUE;
}
