module github.com/idconnect-go/upgrade/examples/bench

go 1.25.0

require (
	github.com/idconnect-go/upgrade v0.0.0
	github.com/pavlo-v-chernykh/keystore-go/v4 v4.5.0
)

require (
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	software.sslmate.com/src/go-pkcs12 v0.7.4 // indirect
)

replace github.com/idconnect-go/upgrade => ../..
