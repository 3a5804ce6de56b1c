package keystore

import (
	"errors"
	"fmt"
	"strings"
)

// The grammar is chapter 6 of the Java Object Serialization Specification.
// Only what a sealed or a plain secret key consists of is read; nothing is
// ever instantiated.
const (
	tcNull      = 0x70
	tcReference = 0x71
	tcClassDesc = 0x72
	tcObject    = 0x73
	tcString    = 0x74
	tcArray     = 0x75
	tcEndBlock  = 0x78
	tcLongText  = 0x7c
	tcEnum      = 0x7e

	scWriteMethod = 0x01
	magicSerial   = "\xac\xed\x00\x05"
	baseHandle    = 0x7e0000

	maxSerialDepth = 16
	// Java's keys have about a dozen; more would let the work grow faster
	// than the file.
	maxSerialValues = 64
)

// serialClasses are all classes that a stream may name, with the
// serialVersionUID that Java asks of those that are more than a name.
var serialClasses = map[string]uint64{
	"com.sun.crypto.provider.SealedObjectForKeyProtector": 0xCD57CA59E730BB53,
	"javax.crypto.SealedObject":                           0x3E363DA6C3B75470,
	"javax.crypto.spec.SecretKeySpec":                     0x5B470B66E230614D,
	"java.security.KeyRep":                                0xBDF94FB3889AA543,
	"java.security.KeyRep$Type":                           0,
	"java.lang.Enum":                                      0,
	"[B":                                                  0,
}

type serialClass struct {
	name   string
	uid    uint64
	flags  byte
	fields []string
	super  *serialClass
}

type serialObject struct {
	class  *serialClass
	fields map[string]any
}

// serialParser reads nothing more after the first error, which its decoder has.
type serialParser struct {
	d       decoder
	handles []any
}

// parseSerialized reads one object at the beginning of data and says how long
// it is; on an error, how far it came.
func parseSerialized(data []byte) (obj *serialObject, n int, err error) {
	p := &serialParser{d: decoder{data: data}}
	if string(p.d.take(len(magicSerial), "a number")) != magicSerial {
		p.d.at = 0
		p.fail("not a serialized object")
	}
	obj, ok := p.value(0).(*serialObject)
	if !ok {
		p.fail("the serialized value is not an object")
	}
	var f *FormatError
	switch {
	case !errors.As(p.d.err, &f):
		return obj, p.d.at, p.d.err
	case f.Err != nil:
		return nil, int(f.Offset), fmt.Errorf("%s: %w", f.What, f.Err)
	}
	return nil, int(f.Offset), errors.New(f.What)
}

// sealedObjectLength finds the end of a secret key entry.
func sealedObjectLength(data []byte) (int, error) {
	obj, n, err := parseSerialized(data)
	if err != nil {
		return n, err
	}
	_, err = obj.sealed()
	return n, err
}

func (p *serialParser) fail(format string, args ...any) {
	if p.d.err == nil {
		p.d.err = fmt.Errorf(format, args...)
	}
}

func (p *serialParser) byte() byte {
	b := p.d.take(1, "a serialized value")
	if b == nil {
		return 0
	}
	return b[0]
}

// hold keeps what later parts may refer to.
func (p *serialParser) hold(v any) any {
	p.handles = append(p.handles, v)
	return v
}

func (p *serialParser) reference() any {
	h := int64(p.d.u32()) - baseHandle
	if h < 0 || h >= int64(len(p.handles)) {
		p.fail("reference to value %d of %d", h, len(p.handles))
		return nil
	}
	return p.handles[h]
}

func (p *serialParser) value(depth int) any {
	if depth > maxSerialDepth {
		p.fail("nested deeper than %d", maxSerialDepth)
	}
	tag := p.byte()
	if len(p.handles) > maxSerialValues {
		p.fail("more than %d values in one serialized object", maxSerialValues)
	}
	if p.d.err != nil {
		return nil
	}
	switch tag {
	case tcNull:
		return nil
	case tcReference:
		return p.reference()
	case tcString:
		return p.hold(p.d.utf("a string"))
	case tcLongText: // of more than 65,535 bytes
		n := p.d.u64()
		if n > uint64(len(p.d.data)) {
			p.fail("a string of %d bytes, %d left", n, len(p.d.data)-p.d.at)
			return nil
		}
		return p.hold(p.d.text(int(n), "a string"))
	case tcArray:
		if class := p.class(depth + 1); class == nil || class.name != "[B" {
			p.fail("an array of something other than bytes")
		}
		return p.hold(p.d.take(int(int32(p.d.u32())), "an array of bytes"))
	case tcEnum:
		if p.class(depth+1) == nil {
			p.fail("an enum without a class")
		}
		at := len(p.handles)
		p.hold(nil)
		p.handles[at] = p.value(depth + 1)
		return p.handles[at]
	case tcObject:
		o := &serialObject{class: p.class(depth + 1), fields: map[string]any{}}
		if o.class == nil {
			p.fail("an object without a class")
		}
		p.hold(o)
		p.fill(o, o.class, depth)
		return o
	}
	p.fail("unexpected tag %#02x in a serialized object", tag)
	return nil
}

// fill reads the fields, those of the topmost class first.
func (p *serialParser) fill(o *serialObject, class *serialClass, depth int) {
	if class == nil {
		return
	}
	p.fill(o, class.super, depth)
	for _, name := range class.fields {
		o.fields[name] = p.value(depth + 1)
	}
	if class.flags&scWriteMethod != 0 && p.byte() != tcEndBlock {
		p.fail("class %s writes data of its own", class.name)
	}
}

// class is nil for an object that is null, and after an error.
func (p *serialParser) class(depth int) *serialClass {
	if depth > maxSerialDepth {
		p.fail("nested deeper than %d", maxSerialDepth)
	}
	switch tag := p.byte(); tag {
	case tcNull:
		return nil
	case tcReference:
		c, ok := p.reference().(*serialClass)
		if !ok {
			p.fail("reference to something that is not a class")
		}
		return c
	case tcClassDesc:
	default:
		p.fail("unexpected tag %#02x where a class belongs", tag)
		return nil
	}
	name := p.d.utf("a class name")
	if _, known := serialClasses[name]; !known {
		p.fail("foreign class %q", name)
		return nil
	}
	c := &serialClass{name: name, uid: p.d.u64()}
	p.hold(c)
	c.flags = p.byte()
	for n := int(p.d.u16()); n > 0 && p.d.err == nil; n-- {
		kind, field := p.byte(), p.d.utf("a field name")
		if kind != 'L' && kind != '[' {
			p.fail("field %q of class %s is of an unexpected kind", field, name)
		}
		p.value(depth + 1) // its type
		c.fields = append(c.fields, field)
	}
	if p.byte() != tcEndBlock {
		p.fail("class %s is annotated", name)
	}
	super := p.class(depth + 1)
	for k := super; k != nil; k = k.super {
		if k == c {
			p.fail("class %s inherits from itself", name)
			return nil
		}
	}
	c.super = super
	return c
}

// serialField returns a field of an object, of which what says the type.
func serialField[T any](o *serialObject, name, what string) (v T, err error) {
	v, ok := o.fields[name].(T)
	if !ok {
		err = fmt.Errorf("%s has no %s %s", o.class.name, what, name)
	}
	return v, err
}

func (o *serialObject) bytes(field string) ([]byte, error) {
	return serialField[[]byte](o, field, "bytes")
}
func (o *serialObject) text(field string) (string, error) {
	return serialField[string](o, field, "text")
}

// current reports whether an object is of the classes that Java has.
func (o *serialObject) current() error {
	for c := o.class; c != nil; c = c.super {
		if uid := serialClasses[c.name]; uid != 0 && uid != c.uid {
			return fmt.Errorf("%s of another version, %#x", c.name, c.uid)
		}
	}
	return nil
}

// sealedKey is what javax.crypto.SealedObject holds.
type sealedKey struct {
	params, content []byte
}

func (o *serialObject) sealed() (k sealedKey, err error) {
	switch o.class.name {
	case "com.sun.crypto.provider.SealedObjectForKeyProtector", "javax.crypto.SealedObject":
	default:
		return k, fmt.Errorf("a secret key is sealed as class %s", o.class.name)
	}
	if k.content, err = o.bytes("encryptedContent"); err != nil {
		return k, err
	}
	if k.params, err = o.bytes("encodedParams"); err != nil {
		return k, err
	}
	return k, o.current()
}

// secret reads what was sealed.
func (o *serialObject) secret() (algorithm string, key []byte, err error) {
	field := "key"
	switch o.class.name {
	case "javax.crypto.spec.SecretKeySpec":
	case "java.security.KeyRep":
		field = "encoded"
		if kind, err := o.text("type"); err != nil || kind != "SECRET" {
			return "", nil, errors.New("the sealed key is not a secret key")
		}
		if format, err := o.text("format"); err != nil || !strings.EqualFold(format, "RAW") {
			return "", nil, errors.New("the sealed key is not given as raw bytes")
		}
	default:
		return "", nil, fmt.Errorf("the sealed key is of class %s", o.class.name)
	}
	if algorithm, err = o.text("algorithm"); err != nil {
		return "", nil, err
	}
	if key, err = o.bytes(field); err == nil && len(key) == 0 {
		err = errors.New("the sealed key is empty")
	}
	if err == nil {
		err = o.current()
	}
	return algorithm, key, err
}
