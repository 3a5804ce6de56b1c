// Package port reserves addresses for servers of tests that start later, or come back. It is for tests only. Begin
// with [Reserve].
package port

// Reserve takes a TCP address, whose port may be 0 for any free one, until release is called. On Linux a socket is bound
// to it that does not listen: who connects is refused, who asks for any free port gets another, and who names this
// one may listen (SO_REUSEADDR, ip(7)). Elsewhere the address is only free at the moment, and another program may get
// it. Release may be called twice, and after an error.
func Reserve(addr string) (taken string, release func(), err error) {
	taken, release, err = reserve(addr)
	if err != nil {
		return "", func() {}, err
	}
	return taken, release, nil
}
