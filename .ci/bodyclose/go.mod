// The linter bodyclose, whose own go.mod lacks modules that it needs: .ci/run builds it from here.
module github.com/idconnect-go/upgrade/.ci/bodyclose

go 1.25.0

tool github.com/timakin/bodyclose

require (
	github.com/gostaticanalysis/analysisutil v0.7.1 // indirect
	github.com/gostaticanalysis/comment v1.4.2 // indirect
	github.com/timakin/bodyclose v0.0.0-20260723120731-857993a2939c // indirect
	golang.org/x/mod v0.39.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/tools v0.49.0 // indirect
)
