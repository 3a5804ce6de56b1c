package keystore

import (
	"encoding/binary"
	"math"

	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// serialWriter writes the two shapes that Java writes, with the same order of
// handles.
type serialWriter struct{ b []byte }

func (w *serialWriter) utf(s string) {
	e := javatext.ModifiedUTF8(s)
	w.b = append(w.b, byte(len(e)>>8), byte(len(e)))
	w.b = append(w.b, e...)
}

// text is a string value, of any length.
func (w *serialWriter) text(s string) {
	if e := javatext.ModifiedUTF8(s); len(e) > math.MaxUint16 {
		w.b = append(w.b, tcLongText)
		w.b = binary.BigEndian.AppendUint64(w.b, uint64(len(e)))
		w.b = append(w.b, e...)
		return
	}
	w.b = append(w.b, tcString)
	w.utf(s)
}

func (w *serialWriter) classDesc(name string, uid uint64, fields int) {
	w.b = append(w.b, tcClassDesc)
	w.utf(name)
	for i := 56; i >= 0; i -= 8 {
		w.b = append(w.b, byte(uid>>i))
	}
	w.b = append(w.b, 0x02, byte(fields>>8), byte(fields))
}

func (w *serialWriter) field(kind byte, name, newType string, ref int) {
	w.b = append(w.b, kind)
	w.utf(name)
	if newType != "" {
		w.b = append(w.b, tcString)
		w.utf(newType)
		return
	}
	w.ref(ref)
}

func (w *serialWriter) ref(n int) {
	n += baseHandle
	w.b = append(w.b, tcReference, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func (w *serialWriter) end(bs ...byte) { w.b = append(w.b, bs...) }

func (w *serialWriter) array(b []byte) {
	n := len(b)
	w.b = append(w.b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	w.b = append(w.b, b...)
}

func (w *serialWriter) byteArrayClass() {
	w.end(tcArray)
	w.classDesc("[B", 0xACF317F8060854E0, 0)
	w.end(tcEndBlock, tcNull)
}

// serializeSecretKey writes a javax.crypto.spec.SecretKeySpec.
func serializeSecretKey(algorithm string, key []byte) []byte {
	w := &serialWriter{b: []byte{0xac, 0xed, 0, 5, tcObject}}
	w.classDesc("javax.crypto.spec.SecretKeySpec", 0x5B470B66E230614D, 2) // handle 0
	w.field('L', "algorithm", "Ljava/lang/String;", 0)                    // 1
	w.field('[', "key", "[B", 0)                                          // 2
	w.end(tcEndBlock, tcNull)
	w.text(algorithm)
	w.byteArrayClass()
	w.array(key)
	return w.b
}

// serializeSealed writes a SealedObjectForKeyProtector.
func serializeSealed(params, content []byte) []byte {
	const algorithm = "PBEWithMD5AndTripleDES"
	w := &serialWriter{b: []byte{0xac, 0xed, 0, 5, tcObject}}
	w.classDesc("com.sun.crypto.provider.SealedObjectForKeyProtector", 0xCD57CA59E730BB53, 0) // handle 0
	w.end(tcEndBlock)
	w.classDesc("javax.crypto.SealedObject", 0x3E363DA6C3B75470, 4) // 1
	w.field('[', "encodedParams", "[B", 0)                          // 2
	w.field('[', "encryptedContent", "", 2)
	w.field('L', "paramsAlg", "Ljava/lang/String;", 0) // 3
	w.field('L', "sealAlg", "", 3)
	w.end(tcEndBlock, tcNull) // the object is 4
	w.byteArrayClass()        // 5
	w.array(params)
	w.end(tcArray)
	w.ref(5)
	w.array(content)
	for range 2 {
		w.end(tcString)
		w.utf(algorithm)
	}
	return w.b
}
