package page

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number is a number as a page shows it.
type Number struct {
	Line  int
	Text  string // as it stands there
	Value string // what is compared: digits for a word, else the text
}

// numberWords are the words that count as numbers. "One" does not: it is an article as often.
var numberWords = map[string]string{
	"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
	"nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
	"fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
	"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70",
	"eighty": "80", "ninety": "90", "hundred": "100", "thousand": "1,000", "million": "1,000,000",
	"billion": "1,000,000,000", "trillion": "1,000,000,000,000", "dozen": "12",
	"half": "1/2", "quarter": "1/4", "double": "2", "twice": "2", "triple": "3", "thrice": "3",
}

// numberForm is a number of any form, or a word. The last form is for digits that are not ASCII: no
// fact has such a text, so that they fail.
var numberForm = regexp.MustCompile(
	`0x[0-9a-fA-F]+` +
		`|\d+(?:,\d{3})*(?:\.\d+)?(?: × 10\^-?\d+|\^-?\d+)?` +
		`|\pL+` +
		`|\pN`)

// exempt are the numbers that are names: of documents and their sections, of years and days, of an
// algorithm, of link targets, and one word that only looks like a number.
var exempt = regexp.MustCompile(
	`RFC \d+(?:,? section \d+(?:\.\d+)*)?` +
		`|\b\d{4}-\d{2}-\d{2}\b` +
		`|\((?:19\d\d|20[0-3]\d)\)` +
		`|\bSipHash-2-4\b` +
		`|\]\([^)]*\)|<https?://[^>]*>` +
		`|\bhalf-open\b`)

// numbersIn finds the numbers of a line of prose. Digits that follow a letter or an underscore are
// part of an identifier: IPv4, BLAKE2b, synscrn1.
func numbersIn(line string, at int) []Number {
	var found []Number

	line = exempt.ReplaceAllStringFunc(line, func(s string) string { return strings.Repeat(" ", len(s)) })
	for _, span := range numberForm.FindAllStringIndex(line, -1) {
		text := line[span[0]:span[1]]
		value := text
		if first, _ := utf8.DecodeRuneInString(text); unicode.IsLetter(first) {
			value = numberWords[strings.ToLower(text)]
		} else if before, _ := utf8.DecodeLastRuneInString(line[:span[0]]); before == '_' ||
			unicode.IsLetter(before) {
			continue
		}
		if value != "" {
			found = append(found, Number{Line: at, Text: text, Value: value})
		}
	}
	return found
}
