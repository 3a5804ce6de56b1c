package engine

import "os"

// MaxMemory is 0: it is not known here.
func MaxMemory(*os.ProcessState) int64 { return 0 }
