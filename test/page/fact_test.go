package page

import "testing"

func TestNumbersAreWrittenAsAPageShowsThem(t *testing.T) {
	cases := []struct{ got, want string }{
		{plain(2048), "2048"},
		{grouped(0), "0"},
		{grouped(999.6), "1,000"},
		{grouped(1073725440), "1,073,725,440"},
		{decimals(0.05, 1), "0.1"},
		{decimals(2.0, 1), "2.0"},
		{significant(0.0372529, 2), "0.037"},
		{significant(0.596, 2), "0.60"},
		{significant(570841, 3), "571,000"},
		{scientific(3.7616e-25), "3.8 × 10^-25"},
		{scientific(9.96e3), "1.0 × 10^4"},
		{power(-28), "2^-28"},
		{small(3218.6), "3,219"},
		{small(8.9e-9), "8.9 × 10^-9"},
		{small(0.0093), "0.0093"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s, not %s", c.got, c.want)
		}
	}
}

func TestFactIsNotComputedTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the second one hides the first")
		}
	}()
	f := newFacts()
	f.integer("epoch", 64)
	f.integer("epoch", 63)
}
