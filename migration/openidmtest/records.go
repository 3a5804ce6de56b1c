package openidmtest

import "iter"

// Records yields the records of a resource ("managed/user", "repo/link") as
// repo/… shows them. The world may change while they are read: each record is
// seen as it is at that moment.
func (s *Server) Records(resource string) iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		w := s.world
		w.mu.Lock()
		t := w.table(tablePath(resource))
		var ids []string
		for id := range t.IDs(false, 0) {
			ids = append(ids, id)
		}
		w.mu.Unlock()
		for _, id := range ids {
			w.mu.Lock()
			r, ok := t.Get(id)
			w.mu.Unlock()
			if ok && !yield(id, r) {
				return
			}
		}
	}
}

// Migrated returns what a migration to this server makes of a record of a resource,
// nil where it leaves it behind. What it writes elsewhere is not told.
func (s *Server) Migrated(resource, id string, r map[string]any) map[string]any {
	return s.world.traits.Carry(tablePath(resource), id, r)
}

// Count returns the number of records of a resource.
func (s *Server) Count(resource string) int {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.table(tablePath(resource)).Len()
}

// Put sets a record without any check; it panics where the record cannot be
// written as JSON.
func (s *Server) Put(resource, id string, r map[string]any) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.table(tablePath(resource)).Put(id, r)
}

// Delete removes a record and reports whether there was one.
func (s *Server) Delete(resource, id string) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.table(tablePath(resource)).Remove(id)
}
