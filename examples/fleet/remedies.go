package main

import (
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// remedies are the catalogue's, by code.
var remedies = func() map[string]string {
	out := map[string]string{}
	for _, e := range preflight.Catalogue() {
		out[e.Code] = e.Remedy
	}
	return out
}()
