package main

import (
	"os"
	"testing"
)

// The plain loop is a process of its own: here it is this one again.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "floor" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestFloor(t *testing.T) {
	s := settings{atOnce: 2}
	got, err := s.floor(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if got.once != 3 || got.ours <= 0 || got.workerMem <= 0 {
		t.Errorf("the loop migrated %d of 3 once, in %v of processor time and %d bytes",
			got.once, got.ours, got.workerMem)
	}
}
