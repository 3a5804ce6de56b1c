package idconnect_test

var promisesSent = []promise{}
