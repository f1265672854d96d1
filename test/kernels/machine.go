package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"synscreen/test/lab"
)

const (
	machineMax = 15 * time.Minute // for all that one kernel is to do
	processors = 2
	cards      = 4 // two cables: one for each port of a wire
	firstSlot  = 0x10
)

// machine is an emulated one: it boots a kernel from memory, and ends by itself.
//
//	card 0 -- tap0 -- bridge -- tap1 -- card 1		card 2 -- tap2 -- bridge -- tap3 -- card 3
//
// The cards are virtio-net with as many queues as there are processors.
type machine struct {
	host     *lab.Namespace // where its network is
	kernel   string         // a directory
	initrd   string
	log      string // the console
	findings string // what the guest reports
}

// cables says which cards are each other's far ends, by their places on the PCI bus.
func cables() string {
	var pairs []string
	for i := 0; i < cards; i += 2 {
		pairs = append(pairs, fmt.Sprintf("0000:00:%02x.0=0000:00:%02x.0", firstSlot+i, firstSlot+i+1))
	}
	return strings.Join(pairs, " ")
}

// connect makes the cables. A bridge that learns would remember the cards' last addresses.
func (m machine) connect(ctx context.Context) error {
	for i := range cards {
		tap := fmt.Sprintf("tap%d", i)
		if err := m.host.IP(ctx, "tuntap add dev "+tap+" mode tap multi_queue vnet_hdr"); err != nil {
			return err
		}
		if err := m.host.Sysctl(ctx, "-net.ipv6.conf."+tap+".disable_ipv6=1"); err != nil {
			return err
		}
		if err := m.host.IP(ctx, "link set dev "+tap+" up"); err != nil {
			return err
		}
		if i%2 == 0 {
			continue
		}
		near := fmt.Sprintf("tap%d", i-1)
		if err := m.host.Bridge(ctx, fmt.Sprintf("cable%d", i/2), near, tap); err != nil {
			return err
		}
		err := m.host.IP(ctx, "link set dev "+near+" type bridge_slave learning off",
			"link set dev "+tap+" type bridge_slave learning off")
		if err != nil {
			return err
		}
	}
	return nil
}

func (m machine) arguments() ([]string, error) {
	image, err := filepath.Glob(filepath.Join(m.kernel, "boot/vmlinuz-*"))
	if err != nil || len(image) != 1 {
		return nil, errors.Join(err, fmt.Errorf("%s: kernels %q, want one", m.kernel, image))
	}
	args := []string{"qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max",
		"-smp", fmt.Sprint(processors), "-m", "2048", "-nodefaults", "-display", "none", "-no-reboot", "-kernel", image[0], "-initrd", m.initrd,
		"-append", "console=ttyS0 panic=-1 quiet", "-serial", "file:" + m.log, "-serial", "file:" + m.findings}
	for i := range cards {
		args = append(args,
			"-netdev", fmt.Sprintf("tap,id=n%d,ifname=tap%d,queues=%d,script=no,downscript=no,vhost=off",
				i, i, processors),
			"-device", fmt.Sprintf("virtio-net-pci,netdev=n%d,addr=%#x,mq=on,vectors=%d,"+
				"mac=02:00:00:00:0f:%02x,romfile=", i, firstSlot+i, 2*processors+2, i))
	}
	return args, nil
}

// run boots and waits for the end.
func (m machine) run(ctx context.Context) error {
	if err := m.connect(ctx); err != nil {
		return err
	}
	args, err := m.arguments()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, machineMax)
	defer cancel()
	p, err := m.host.Start(args...)
	if err != nil {
		return err
	}
	err = p.Wait(ctx)
	if ctx.Err() != nil {
		err = errors.Join(err, p.Kill())
	}
	return err
}

func (m machine) report() ([]finding, error) {
	text, err := os.ReadFile(m.findings)
	if err != nil {
		return nil, err
	}
	return parse(string(text))
}
