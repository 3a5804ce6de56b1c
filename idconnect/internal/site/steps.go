package site

// Names of the steps, in their order.
const (
	StepPrepare   = "prepare"
	StepUnpack    = "unpack"
	StepStores    = "stores"
	StepJava      = "java"
	StepSetup     = "setup"
	StepConfigure = "configure"
	StepMigrate   = "migrate"
	StepVerify    = "verify"
)

// StepNames are the names of all steps in their order.
func StepNames() []string {
	return []string{StepPrepare, StepUnpack, StepStores, StepJava, StepSetup, StepConfigure, StepMigrate, StepVerify}
}
