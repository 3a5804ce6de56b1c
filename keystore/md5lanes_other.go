//go:build !amd64

package keystore

func md5Chains(p, q *[4]uint32, x *[16]uint32, n int) { md5Pair(p, q, x, n) }
