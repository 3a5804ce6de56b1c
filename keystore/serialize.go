package keystore

import (
	"encoding/binary"
	"math"

	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// The two shapes that Java writes, as they stand in a stream: s is an object, r a class with its version, flags and
// fields, t a text, u an array, q a reference to a value by its number, x the end of a class, p that it has none above.
const (
	secretKeyShape = magicSerial + "s" +
		"r\x00\x1fjavax.crypto.spec.SecretKeySpec\x5b\x47\x0b\x66\xe2\x30\x61\x4d\x02\x00\x02" +
		"L\x00\x09algorithmt\x00\x12Ljava/lang/String;" +
		"[\x00\x03keyt\x00\x02[B" +
		"xp"
	sealedShape = magicSerial + "s" +
		"r\x00\x33com.sun.crypto.provider.SealedObjectForKeyProtector\xcd\x57\xca\x59\xe7\x30\xbb\x53\x02\x00\x00x" +
		"r\x00\x19javax.crypto.SealedObject\x3e\x36\x3d\xa6\xc3\xb7\x54\x70\x02\x00\x04" +
		"[\x00\x0dencodedParamst\x00\x02[B" +
		"[\x00\x10encryptedContentq\x00\x7e\x00\x02" +
		"L\x00\x09paramsAlgt\x00\x12Ljava/lang/String;" +
		"L\x00\x07sealAlgq\x00\x7e\x00\x03" +
		"xp"
	bytesShape     = "ur\x00\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\x00\x00xp"
	moreBytesShape = "uq\x00\x7e\x00\x05" // of the class that a sealed key has named before
	algorithmText  = "t\x00\x16PBEWithMD5AndTripleDES"
)

// serializeSecretKey writes a javax.crypto.spec.SecretKeySpec.
func serializeSecretKey(algorithm string, key []byte) []byte {
	b := []byte(secretKeyShape)
	text := javatext.ModifiedUTF8(algorithm)
	if len(text) > math.MaxUint16 {
		b = binary.BigEndian.AppendUint64(append(b, tcLongText), uint64(len(text)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, tcString), uint16(len(text)))
	}
	return appendBytes(append(b, text...), bytesShape, key)
}

// serializeSealed writes a SealedObjectForKeyProtector.
func serializeSealed(params, content []byte) []byte {
	b := appendBytes([]byte(sealedShape), bytesShape, params)
	b = appendBytes(b, moreBytesShape, content)
	return append(b, algorithmText+algorithmText...)
}

func appendBytes(b []byte, shape string, content []byte) []byte {
	b = binary.BigEndian.AppendUint32(append(b, shape...), uint32(len(content)))
	return append(b, content...)
}
