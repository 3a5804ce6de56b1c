package idconnect_test

var promisesServers = []promise{}
