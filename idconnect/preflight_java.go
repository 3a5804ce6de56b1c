package idconnect

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
)

var codeOfJava = map[host.JavaKind]string{
	host.JavaUnusable: CodeJava, host.JavaMissing: CodeJavaMissing,
	host.JavaVersion: CodeJavaVersion, host.JavaBits: CodeJava32Bit,
}

// lookAtJava looks at the Java that the set-up gets, and at the one that it
// does not get where there are two.
func (r *run) lookAtJava(ctx context.Context) Findings {
	if r.targetUp.Load() {
		return nil
	}
	var found Findings
	java, err := host.FindJava(ctx, r.u.JavaHome, r.u.machine)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		code := CodeJava
		var no *host.JavaError
		if errors.As(err, &no) {
			code = codeOfJava[no.Kind]
		}
		found = append(found, finding(code, StepJava, "%v", err).remedy(RemedyOf(err)))
	}
	if r.u.JavaHome != "" || r.u.machine.Getenv("JAVA_HOME") == "" || java.Version == "" {
		return found
	}
	other, err := host.JavaOnPath(r.u.machine.Getenv("PATH"))
	if err != nil || other.Ask(ctx) != nil || other.Version == java.Version && other.Bits == java.Bits {
		return found
	}
	return append(found, finding(CodeJavaDisagrees, StepJava,
		"JAVA_HOME leads to %s, version %s, %d-bit, and the PATH to %s, version %s, %d-bit",
		java.Path, java.Version, java.Bits, other.Path, other.Version, other.Bits))
}
