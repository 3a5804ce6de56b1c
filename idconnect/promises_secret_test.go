package idconnect_test

var promisesSecret = []promise{}
