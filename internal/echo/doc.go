// Package echo says whether a terminal shows what is typed, and has it not do so. For
// anything else of a terminal there is golang.org/x/term. Begin with [Hide].
package echo
