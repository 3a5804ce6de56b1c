package idconnect

import (
	"context"

	"github.com/idconnect-go/upgrade/idconnect/report"
)

// step is one step of the upgrade, by its name and the machine that it runs on.
type step struct {
	name  string
	where report.Where
	action
}

// action is what a step does. Its details are for people.
type action interface {
	// Done says whether there is nothing left to do. It asks the world, not a
	// memory of it.
	Done(context.Context) (done bool, detail string, err error)
	// Apply does what is left. It may be repeated after an interruption.
	Apply(context.Context) (detail string, err error)
}

// undoer is an action that can put back what Apply changed.
type undoer interface {
	Undo(context.Context) (detail string, err error)
}

// steps are all steps in their order.
func (r *runner) steps() []step {
	return []step{
		{StepPrepare, report.WhereAny, prepareStep{r}},
		{StepUnpack, report.WhereTarget, unpackStep{r}},
		{StepStores, report.WhereTarget, storesStep{r}},
		{StepJava, report.WhereTarget, javaStep{r}},
		{StepSetup, report.WhereTarget, setupStep{r}},
		{StepConfigure, report.WhereAny, configureStep{r}},
		{StepMigrate, report.WhereAny, migrateStep{r}},
		{StepVerify, report.WhereAny, verifyStep{r}},
	}
}

// chosenSteps are those that the caller chose, in their order.
func (r *runner) chosenSteps() (chosen []step) {
	for _, s := range r.steps() {
		if r.Chooses(s.name) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}
