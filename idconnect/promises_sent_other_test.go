//go:build !unix

package idconnect_test

var promisesSpecial []promise
