// What the verifier of the running kernel says of BPF objects. Each of their programs is loaded without
// the others, so that one that is refused hides none.
//
// Usage: verify OBJECT...
// A line for each program, apart by tabs: object, program, instructions that the verifier processed (0: it
// is refused), what is wrong. To the standard error go the last lines of the verifier's log.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TAIL_LINES = 60 };

static char complaint[512]; // libbpf's last one, a line
static char verifier_log[1 << 20];

static int note(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN && !strstr(format, "BEGIN PROG LOAD LOG"))
		vsnprintf(complaint, sizeof(complaint), format, arguments);
	return 0;
}

static void show_tail(const char *name)
{
	const char *at = verifier_log + strlen(verifier_log);

	for (int lines = 0; at > verifier_log && lines <= TAIL_LINES; at--)
		lines += at[-1] == '\n';
	fprintf(stderr, "%s is refused:\n%s\n", name, at);
}

// The verifier's last word is in front of its statistics.
static const char *last_word(void)
{
	const char *word = NULL;
	char *line = strtok(verifier_log, "\n");

	for (; line; line = strtok(NULL, "\n"))
		if (!strstr(line, "processed ") && !strstr(line, "verification time"))
			word = line;
	complaint[strcspn(complaint, "\n")] = 0;
	return word ? word : complaint;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void leave_out_others(struct bpf_object *object, const char *name)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, object) {
		bpf_program__set_autoload(p, strcmp(bpf_program__name(p), name) == 0);
		bpf_program__set_log_buf(p, verifier_log, sizeof(verifier_log));
	}
}

// Loads one program of an object, in a copy of its own.
static int verify(const char *path, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int result = object ? 0 : -errno;

	verifier_log[0] = complaint[0] = 0;
	if (object) {
		leave_out_others(object, name);
		result = bpf_object__load(object);
	}
	if (!result) {
		int fd = bpf_program__fd(bpf_object__find_program_by_name(object, name));

		result = bpf_obj_get_info_by_fd(fd, &info, &size);
	}
	printf("%s\t%s\t%u\t", base_of(path), name, result ? 0 : info.verified_insns);
	if (result) {
		show_tail(name);
		printf("%s: %s", strerror(-result), last_word());
	}
	puts("");
	bpf_object__close(object);
	return result;
}

static int verify_all(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	int failed = 0;

	if (!object) {
		fprintf(stderr, "verify: %s: %s\n", path, strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(p, object)
		failed |= verify(path, bpf_program__name(p)) != 0;
	bpf_object__close(object);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: verify OBJECT...\n");
		return 2;
	}
	libbpf_set_print(note);
	for (int i = 1; i < argc; i++)
		failed |= verify_all(argv[i]);
	return failed;
}
