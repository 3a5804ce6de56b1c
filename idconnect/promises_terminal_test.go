package idconnect_test

var promisesTerminal = []promise{}
