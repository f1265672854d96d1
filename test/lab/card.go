package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cardsVariable names network cards of the initial namespace that take the place of the veths at a wire's
// or a host's ports, by their places on the PCI bus: FAR=PORT, once for each port. Both ends of a
// pair are joined by a cable. A card has the queues that it has, whatever a test asks for.
const cardsVariable = "SYNSCREEN_LAB_CARDS"

// portCable joins a port, b, to what is in front of it.
func (w *WireLab) portCable(ctx context.Context, number int, a, b End) error {
	cables := strings.Fields(os.Getenv(cardsVariable))
	if len(cables) == 0 {
		return w.cable(ctx, a, b)
	}
	if number >= len(cables) {
		return fmt.Errorf("%s has no cable %d", cardsVariable, number)
	}
	far, port, _ := strings.Cut(cables[number], "=")
	if err := w.takeCard(ctx, far, a); err != nil {
		return err
	}
	return w.takeCard(ctx, port, b)
}

// takeCard makes a card a device of the lab. When the lab's namespace is deleted it comes back by itself,
// with what a test has left at it.
func (w *WireLab) takeCard(ctx context.Context, place string, e End) error {
	var found []string
	err := WaitFor(ctx, "the card at "+place, startLimit, func() (ok bool, err error) {
		found, err = filepath.Glob("/sys/bus/pci/devices/" + place + "/virtio*/net/*")
		return len(found) == 1, err
	})
	if err != nil {
		return err
	}
	name := filepath.Base(found[0])
	lines := fmt.Sprintf("link set dev %s down\nlink set dev %s xdp off\n"+
		"link set dev %s mtu %d address %s\nlink set dev %s netns %s name %s\n",
		name, name, name, w.options.MTU, e.MAC, name, e.In.Name, e.Dev)
	cmd := exec.CommandContext(ctx, "ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(lines)
	if _, err := cmd.Output(); err != nil {
		return fmt.Errorf("card %s: %w", name, detail(err))
	}
	return e.up(ctx)
}
