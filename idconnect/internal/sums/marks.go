package sums

// Groups is how many groups of records [Marks] tells apart.
const Groups = 64

// Group is a set of groups.
type Group [Groups / 64]uint64

// Add adds a group, which is taken modulo [Groups].
func (g *Group) Add(n int) { g[n/64%len(g)] |= 1 << (n % 64) }

// Has reports whether a group is in the set.
func (g *Group) Has(n int) bool { return g[n/64%len(g)]&(1<<(n%64)) != 0 }

// Join adds all groups of another set.
func (g *Group) Join(o Group) {
	for i := range g {
		g[i] |= o[i]
	}
}

// Marks keep of each bucket in which groups its records were. The zero value is
// ready.
type Marks struct{ table[Group] }

// Add notes that a record of that id was in a group.
func (m *Marks) Add(id uint64, group int) { m.at(BucketOf(id)).Add(group) }

// Of returns the groups of a bucket.
func (m *Marks) Of(bucket uint32) Group { return m.get(bucket) }
