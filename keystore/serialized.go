package keystore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
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
	fields []serialField
	super  *serialClass
}

type serialField struct {
	kind byte
	name string
}

type serialObject struct {
	class  *serialClass
	fields map[string]any
}

type serialParser struct {
	d       decoder
	handles []any
}

// parseSerialized reads one object at the beginning of data and says how long
// it is; on an error, how far it came.
func parseSerialized(data []byte) (obj *serialObject, n int, err error) {
	p := &serialParser{d: decoder{data: data}}
	if head := p.d.u32(); p.d.err == nil && head != 0xACED0005 {
		return nil, 0, errors.New("not a serialized object")
	}
	v, err := p.value(0)
	if err == nil {
		err = p.d.err
	}
	if err != nil {
		var f *FormatError
		if errors.As(err, &f) {
			if f.Err != nil {
				return nil, int(f.Offset), fmt.Errorf("%s: %w", f.What, f.Err)
			}
			return nil, int(f.Offset), errors.New(f.What)
		}
		return nil, p.d.at, err
	}
	obj, ok := v.(*serialObject)
	if !ok {
		return nil, p.d.at, errors.New("the serialized value is not an object")
	}
	return obj, p.d.at, nil
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

func (p *serialParser) byte() byte {
	b := p.d.take(1, "a serialized value")
	if b == nil {
		return 0
	}
	return b[0]
}

func (p *serialParser) hold(v any) { p.handles = append(p.handles, v) }

func (p *serialParser) reference() (any, error) {
	h := int64(p.d.u32()) - baseHandle
	if p.d.err != nil {
		return nil, p.d.err
	}
	if h < 0 || h >= int64(len(p.handles)) {
		return nil, fmt.Errorf("reference to value %d of %d", h, len(p.handles))
	}
	return p.handles[h], nil
}

func (p *serialParser) value(depth int) (any, error) {
	if depth > maxSerialDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxSerialDepth)
	}
	tag := p.byte()
	switch {
	case p.d.err != nil:
		return nil, p.d.err
	case len(p.handles) > maxSerialValues:
		return nil, fmt.Errorf("more than %d values in one serialized object", maxSerialValues)
	}
	switch tag {
	case tcNull:
		return nil, nil
	case tcReference:
		return p.reference()
	case tcString:
		s := p.d.utf("a string")
		p.hold(s)
		return s, p.d.err
	case tcLongText: // of more than 65,535 bytes
		n := p.d.u64()
		at := p.d.at
		if n > uint64(len(p.d.data)) && p.d.err == nil {
			return nil, fmt.Errorf("a string of %d bytes, %d left", n, len(p.d.data)-at)
		}
		s, err := javatext.FromModifiedUTF8(p.d.take(int(n), "a string"))
		if err != nil {
			p.d.fail(at, "a string", err)
		}
		p.hold(s)
		return s, p.d.err
	case tcArray:
		class, err := p.class(depth + 1)
		if err != nil {
			return nil, err
		}
		if class == nil || class.name != "[B" {
			return nil, errors.New("an array of something other than bytes")
		}
		b := p.d.take(int(int32(p.d.u32())), "an array of bytes")
		p.hold(b)
		return b, p.d.err
	case tcEnum:
		class, err := p.class(depth + 1)
		if err != nil {
			return nil, err
		}
		if class == nil {
			return nil, errors.New("an enum without a class")
		}
		at := len(p.handles)
		p.hold(nil)
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		p.handles[at] = v
		return v, nil
	case tcObject:
		class, err := p.class(depth + 1)
		if err != nil {
			return nil, err
		}
		if class == nil {
			return nil, errors.New("an object without a class")
		}
		o := &serialObject{class: class, fields: map[string]any{}}
		p.hold(o)
		return o, p.fill(o, class, depth)
	}
	return nil, fmt.Errorf("unexpected tag %#02x in a serialized object", tag)
}

// fill reads the fields, those of the topmost class first.
func (p *serialParser) fill(o *serialObject, class *serialClass, depth int) error {
	if class == nil {
		return nil
	}
	if err := p.fill(o, class.super, depth); err != nil {
		return err
	}
	for _, f := range class.fields {
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		o.fields[f.name] = v
	}
	if class.flags&scWriteMethod != 0 {
		if p.byte() != tcEndBlock && p.d.err == nil {
			return fmt.Errorf("class %s writes data of its own", class.name)
		}
	}
	return p.d.err
}

func (p *serialParser) class(depth int) (*serialClass, error) {
	if depth > maxSerialDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxSerialDepth)
	}
	switch tag := p.byte(); {
	case p.d.err != nil:
		return nil, p.d.err
	case tag == tcNull:
		return nil, nil
	case tag == tcReference:
		v, err := p.reference()
		if err != nil {
			return nil, err
		}
		c, ok := v.(*serialClass)
		if !ok {
			return nil, errors.New("reference to something that is not a class")
		}
		return c, nil
	case tag != tcClassDesc:
		return nil, fmt.Errorf("unexpected tag %#02x where a class belongs", tag)
	}
	name := p.d.utf("a class name")
	if p.d.err != nil {
		return nil, p.d.err
	}
	if _, known := serialClasses[name]; !known {
		return nil, fmt.Errorf("foreign class %q", name)
	}
	c := &serialClass{name: name, uid: p.d.u64()}
	p.hold(c)
	c.flags = p.byte()
	for n := int(p.d.u16()); n > 0 && p.d.err == nil; n-- {
		f := serialField{kind: p.byte()}
		f.name = p.d.utf("a field name")
		if f.kind != 'L' && f.kind != '[' {
			return nil, fmt.Errorf("field %q of class %s is of an unexpected kind", f.name, name)
		}
		if _, err := p.value(depth + 1); err != nil { // its type
			return nil, err
		}
		c.fields = append(c.fields, f)
	}
	if p.d.err == nil && p.byte() != tcEndBlock {
		return nil, fmt.Errorf("class %s is annotated", name)
	}
	if p.d.err != nil {
		return nil, p.d.err
	}
	super, err := p.class(depth + 1)
	for k := super; k != nil; k = k.super {
		if k == c {
			return nil, fmt.Errorf("class %s inherits from itself", name)
		}
	}
	c.super = super
	return c, err
}

func (o *serialObject) bytes(field string) ([]byte, error) {
	b, ok := o.fields[field].([]byte)
	if !ok {
		return nil, fmt.Errorf("%s has no bytes %s", o.class.name, field)
	}
	return b, nil
}

func (o *serialObject) text(field string) (string, error) {
	s, ok := o.fields[field].(string)
	if !ok {
		return "", fmt.Errorf("%s has no text %s", o.class.name, field)
	}
	return s, nil
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
