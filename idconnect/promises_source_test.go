package idconnect_test

var promisesSource = []promise{}
