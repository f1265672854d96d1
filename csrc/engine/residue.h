/*
 * Residue: what the engine has changed on the machine's interfaces, recorded in
 * state_dir/attached.ports before it is changed, so that the next engine, or `synscreen detach`, can
 * put back what was there before even when this one dies by SIGKILL.
 */
#pragma once

#include <stdbool.h>

#include "error.h"

struct screen_residue {
	char ifname[SCREEN_IFNAME_SIZE];
	bool up, promiscuous, rx_vlan, rx_stag, ipv6_disabled; /* as they were */
	bool host;   /* a host port: only offloads and the clsact are changed */
	bool clsact; /* it had one */
};

enum { SCREEN_RESIDUES_MAX = 2 * SCREEN_PORTS_MAX };

struct screen_residues {
	uint32_t count;
	struct screen_residue row[SCREEN_RESIDUES_MAX];
};

/* Reads the record; no file is an empty one, and lines that cannot be read are left out. */
void screen_residue_read(const char *state_dir, struct screen_residues *all);

/* Replaces the record. 0 or a negative errno. */
int screen_residue_write(const char *state_dir, const struct screen_residues *all);

struct screen_residue *screen_residue_find(struct screen_residues *all, const char *ifname);

/* Notes the interface's settings as they are, unless they are noted already. */
int screen_residue_note(const char *state_dir, const char *ifname, bool host);

/* Puts an interface back as noted and forgets it. A no-op when nothing was noted. */
void screen_residue_restore(const char *state_dir, const char *ifname);
