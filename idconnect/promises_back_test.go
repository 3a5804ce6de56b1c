package idconnect_test

var promisesBack = []promise{}
