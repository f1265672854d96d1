package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// NginxOptions shape a web server.
type NginxOptions struct {
	Port    int // 80 by default
	Backlog int // of the listening sockets, 511 by default; net.core.somaxconn is raised to it
	Workers int // 1 by default; each of several has listening sockets of its own, by SO_REUSEPORT
}

// Nginx is a running nginx that serves the files in Root over IPv4 and IPv6.
type Nginx struct {
	*Process
	Root string
}

const nginxConfig = `daemon off;
user root;
worker_processes %[4]d;
worker_rlimit_nofile 20000;
pid %[1]s/pid;
error_log stderr warn;
events { worker_connections 16384; }
http {
	access_log off;
	sendfile on;
	default_type application/octet-stream;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]d backlog=%[3]d%[5]s;
		listen [::]:%[2]d backlog=%[3]d ipv6only=on%[5]s;
		root %[1]s/root;
	}
}
`

// StartNginx starts nginx with a configuration of its own and waits until it listens. Its root
// holds an index.html, "hello\n"; tests put their own files there.
func (n *Namespace) StartNginx(ctx context.Context, options NginxOptions) (*Nginx, error) {
	if options.Port == 0 {
		options.Port = 80
	}
	if options.Backlog == 0 {
		options.Backlog = 511
	}
	options.Workers = max(options.Workers, 1)
	config, root, err := n.writeNginx(options)
	if err != nil {
		return nil, fmt.Errorf("%s: nginx: %w", n.Name, err)
	}
	err = n.Sysctl(ctx, fmt.Sprintf("net.core.somaxconn=%d", max(options.Backlog, 4096)))
	if err != nil {
		return nil, err
	}
	p, err := n.Start("nginx", "-e", "stderr", "-c", config, "-p", filepath.Dir(config))
	if err != nil {
		return nil, err
	}
	if err := n.WaitListen(ctx, options.Port); err != nil {
		return nil, fmt.Errorf("%w: %s", err, p.Output())
	}
	return &Nginx{Process: p, Root: root}, nil
}

func (n *Namespace) writeNginx(options NginxOptions) (config, root string, err error) {
	dir, err := os.MkdirTemp(n.lab.dir, "nginx-")
	if err != nil {
		return "", "", err
	}
	root = filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(filepath.Join(root, "index.html"), []byte("hello\n"), 0o644); err != nil {
		return "", "", err
	}
	config = filepath.Join(dir, "nginx.conf")
	reuse := ""
	if options.Workers > 1 {
		reuse = " reuseport"
	}
	text := fmt.Sprintf(nginxConfig, dir, options.Port, options.Backlog, options.Workers, reuse)
	return config, root, os.WriteFile(config, []byte(text), 0o644)
}
