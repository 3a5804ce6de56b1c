package keystore

import (
	"fmt"
	"unicode/utf16"
)

// decoder reads the container; after the first error it reads nothing more.
type decoder struct {
	data  []byte
	at    int
	alias string
	err   error
}

func (d *decoder) fail(at int, what string, err error) {
	if d.err == nil {
		d.err = &FormatError{Offset: int64(at), Alias: d.alias, What: what, Err: err}
	}
}

func (d *decoder) take(n int, what string) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > len(d.data)-d.at {
		d.fail(d.at, fmt.Sprintf("%s: %d bytes wanted, %d left", what, n, len(d.data)-d.at), nil)
		return nil
	}
	b := d.data[d.at : d.at+n : d.at+n]
	d.at += n
	return b
}

func (d *decoder) u16() uint16 {
	b := d.take(2, "a length")
	if b == nil {
		return 0
	}
	return uint16(b[0])<<8 | uint16(b[1])
}

func (d *decoder) u32() uint32 {
	b := d.take(4, "a number")
	if b == nil {
		return 0
	}
	return be32(b)
}

func (d *decoder) u64() uint64 { return uint64(d.u32())<<32 | uint64(d.u32()) }

func (d *decoder) utf(what string) (raw []byte, text string) {
	n := int(d.u16())
	at := d.at
	raw = d.take(n, what)
	if d.err != nil {
		return nil, ""
	}
	text, err := decodeModifiedUTF8(raw)
	if err != nil {
		d.fail(at, what, err)
	}
	return raw, text
}

func (d *decoder) entry(format Format, version int) *entry {
	d.alias = ""
	at := d.at
	tag := d.u32()
	e := &entry{format: format}
	e.raw, e.alias = d.utf("an alias")
	d.alias = e.alias
	e.created = int64(d.u64())
	switch {
	case d.err != nil:
	case tag == tagPrivateKey:
		e.kind = PrivateKey
		e.body = d.take(int(int32(d.u32())), "a private key")
		n := int(int32(d.u32()))
		// Each certificate takes at least 4 bytes.
		if n < 0 || n > (len(d.data)-d.at)/4 {
			d.fail(d.at-4, fmt.Sprintf("a chain of %d certificates", n), nil)
		}
		for i := 0; i < n && d.err == nil; i++ {
			d.certificate(e, version)
		}
	case tag == tagCertificate:
		e.kind = TrustedCertificate
		d.certificate(e, version)
	case tag == tagSecretKey && format == JCEKS:
		e.kind = SecretKey
		begin := d.at
		if n, err := sealedObjectLength(d.data[d.at:]); err != nil {
			d.fail(d.at+n, "a secret key", err)
		} else {
			d.at += n
			e.body = d.data[begin:d.at:d.at]
		}
	default:
		d.fail(at, fmt.Sprintf("an entry with the tag %d", tag), nil)
	}
	return e
}

func (d *decoder) certificate(e *entry, version int) {
	kind := ""
	if version == 2 {
		_, kind = d.utf("a certificate's type")
	}
	der := d.take(int(int32(d.u32())), "a certificate")
	if d.err == nil {
		e.certs = append(e.certs, der)
		e.types = append(e.types, kind)
	}
}

// decodeModifiedUTF8 reads text as java.io.DataInput.readUTF does: U+0000 as
// two bytes, and a surrogate pair as three bytes each.
func decodeModifiedUTF8(b []byte) (string, error) {
	units := make([]uint16, 0, len(b))
	for i := 0; i < len(b); {
		c := b[i]
		n := 1
		var u uint16
		switch {
		case c < 0x80:
			u = uint16(c)
		case c>>5 == 0b110:
			n = 2
		case c>>4 == 0b1110:
			n = 3
		default:
			return "", fmt.Errorf("modified UTF-8: byte %#02x at %d begins no character", c, i)
		}
		if i+n > len(b) {
			return "", fmt.Errorf("modified UTF-8: character at %d is cut off", i)
		}
		for _, k := range b[i+1 : i+n] {
			if k>>6 != 0b10 {
				return "", fmt.Errorf("modified UTF-8: byte %#02x at %d continues no character", k, i)
			}
		}
		switch n {
		case 2:
			u = uint16(c&0x1f)<<6 | uint16(b[i+1]&0x3f)
		case 3:
			u = uint16(c&0x0f)<<12 | uint16(b[i+1]&0x3f)<<6 | uint16(b[i+2]&0x3f)
		}
		units = append(units, u)
		i += n
	}
	return string(utf16.Decode(units)), nil
}

// encodeModifiedUTF8 writes text as java.io.DataOutput.writeUTF does, without
// the length.
func encodeModifiedUTF8(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		switch {
		case u != 0 && u < 0x80:
			b = append(b, byte(u))
		case u < 0x800:
			b = append(b, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
		default:
			b = append(b, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
		}
	}
	return b
}

func utf16be(s string) []byte {
	units := utf16.Encode([]rune(s))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}
