package gobind

import "reflect"

// Layouts gives the tests what the C compiler laid out.
func Layouts() map[string]reflect.Type { return layouts() }

// Enumerators gives the tests the values of C's enumerators.
func Enumerators() map[string]int64 { return enumerators() }
