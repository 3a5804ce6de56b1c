package idconnect_test

var promisesSuccess = []promise{}
