package cli

import (
	"strings"
	"testing"
)

const anyScope = "--key-file k --zone z --src 192.0.2.1:1000 --dst 198.51.100.1:80"

func TestCookieUsageErrorsNameTheFlagAndTheRemedy(t *testing.T) {
	for want, args := range map[string]string{
		`"synscreen cookie" needs one more word: check, mint`:                       "cookie",
		`required flag(s) "isn" not set`:                                            "cookie mint --epoch 1 " + anyScope,
		`required flag(s) "key-file", "zone", "epoch", "src", "dst", "isn" not set`: "cookie mint",
		`at least one of the flags in the group [ack safe-reset] is required`: "cookie check --epoch-now 1 --seq 1 " +
			anyScope,
		`invalid argument "192.0.2.1" for "--src" flag: ` +
			`not an address and port such as 192.0.2.1:443 or [2001:db8::1]:443`: "cookie mint --src 192.0.2.1",
		`invalid argument "[::ffff:192.0.2.1]:80" for "--dst" flag: ` +
			`an IPv4 address in IPv6 form; write 192.0.2.1:80`: "cookie mint --dst [::ffff:192.0.2.1]:80",
		`invalid argument "[fe80::1%eth0]:80" for "--dst" flag: an address with a zone; leave %eth0 out`: "cookie " +
			"mint --dst [fe80::1%eth0]:80",
		`--src 192.0.2.1:1000 and --dst [2001:db8::1]:80 are not of one address family: ` +
			`give two IPv4 or two IPv6 addresses`: "cookie mint --epoch 1 --isn 1 " + anyScope +
			" --dst [2001:db8::1]:80",
		`invalid argument "123456789" for "--isn" flag: not 1 to 8 hexadecimal digits`: "cookie mint --isn 123456789",
		`invalid argument "0x" for "--isn" flag: not 1 to 8 hexadecimal digits`:        "cookie mint --isn 0x",
		`invalid argument "0x0x1" for "--ack" flag: not 1 to 8 hexadecimal digits`:     "cookie check --ack 0x0x1",
		`invalid argument "215" for "--mss" flag: from 216 to 65535 is possible: ` +
			`below that a SYN cannot be challenged`: "cookie mint --mss 215",
		`invalid argument "15" for "--wscale" flag: from 0 to 14 is possible`: "cookie mint --wscale 15",
		`if any flags in the group [wscale our-wscale] are set they must all be set; missing [our-wscale]`: "cookie " +
			"mint --epoch 1 --isn 1 --timestamps --wscale 7 " + anyScope,
		`--wscale, --our-wscale, --sack and --ecn need --timestamps: ` +
			`a cookie without them cannot carry what they say`: "cookie mint --epoch 1 --isn 1 --sack " + anyScope,
		`if any flags in the group [safe-reset mss] are set none of the others can be; ` +
			`[mss safe-reset] were all set`: "cookie mint --epoch 1 --isn 1 --safe-reset --mss 1460 " + anyScope,
		`if any flags in the group [tsecr safe-reset] are set none of the others can be; ` +
			`[safe-reset tsecr] were all set`: "cookie check --epoch-now 1 --seq 1 --safe-reset --tsecr 1 " + anyScope,
		`--zone is empty: name a security-zone`: "cookie mint --epoch 1 --isn 1 " + anyScope + " --zone=",
		`--epoch -1: not a whole number from 0 on`: "cookie " +
			"mint --epoch -1",
	} {
		expectUsage(t, want, strings.Fields(args)...)
	}
}

func TestNumbersInHexadecimalAreTakenWithAndWithoutPrefix(t *testing.T) {
	for text, want := range map[string]string{"1": "00000001", "0xDEADbeef": "deadbeef", "0X7f": "0000007f"} {
		var w word32
		if err := w.Set(text); err != nil || w.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, &w, err, want)
		}
	}
}
