package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
	"go.uber.org/zap"
)

func init() {
	caddy.RegisterModule(firewall{})
	httpcaddyfile.RegisterHandlerDirective("coraza_waf", parse)
}

// firewall judges requests by Coraza, in the words of coraza-caddy (`coraza_waf { load_owasp_crs; directives ... }`), so that either
// reads the Caddyfile. It looks at requests alone: what is answered is the platform's own, and streams of it must not be held back.
type firewall struct {
	Directives   string `json:"directives,omitempty"`
	LoadOWASPCRS bool   `json:"load_owasp_crs,omitempty"`

	waf    coraza.WAF
	logger *zap.Logger
}

func (firewall) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.waf", New: func() caddy.Module { return new(firewall) }}
}

func (f *firewall) Provision(ctx caddy.Context) error {
	f.logger = ctx.Logger()
	settings := coraza.NewWAFConfig().WithDirectives(f.Directives).WithErrorCallback(func(rule types.MatchedRule) {
		// What was matched may be somebody's password: which rule, and where, is enough to write an exclusion by.
		where := ""
		for _, data := range rule.MatchedDatas() {
			where = data.Variable().Name() + ":" + data.Key()
		}
		f.logger.Warn("a rule has matched", zap.Int("rule", rule.Rule().ID()), zap.String("where", where), zap.String("message", rule.Message()))
	})
	if f.LoadOWASPCRS {
		settings = settings.WithRootFS(coreruleset.FS)
	}
	waf, err := coraza.NewWAF(settings)
	f.waf = waf
	return err
}

// judged takes a request in as far as rules ask for it; what was read of its body is put back.
func judged(tx types.Transaction, r *http.Request) (*types.Interruption, error) {
	client, port, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil, fmt.Errorf("the peer's address: %w", err)
	}
	at, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("the peer's port: %w", err)
	}
	tx.ProcessConnection(client, at, "", 0)
	tx.ProcessURI(r.RequestURI, r.Method, r.Proto)
	for name, values := range r.Header {
		for _, value := range values {
			tx.AddRequestHeader(name, value)
		}
	}
	tx.AddRequestHeader("Host", r.Host)
	tx.SetServerName(r.Host)
	for _, coding := range r.TransferEncoding {
		tx.AddRequestHeader("Transfer-Encoding", coding)
	}
	if it := tx.ProcessRequestHeaders(); it != nil {
		return it, nil
	}
	if tx.IsRequestBodyAccessible() && r.Body != nil && r.Body != http.NoBody {
		if it, _, err := tx.ReadRequestBodyFrom(r.Body); it != nil || err != nil {
			return it, err
		}
		read, err := tx.RequestBodyReader()
		if err != nil {
			return nil, err
		}
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(read, r.Body), r.Body}
	}
	return tx.ProcessRequestBody()
}

var errRefused = errors.New("refused by the rules")

func (f firewall) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	tx := f.waf.NewTransaction()
	defer func() {
		tx.ProcessLogging()
		if err := tx.Close(); err != nil {
			f.logger.Warn("a transaction was not closed", zap.Error(err))
		}
	}()
	if !tx.IsRuleEngineOff() {
		it, err := judged(tx, r)
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			return caddyhttp.Error(http.StatusRequestEntityTooLarge, err)
		case err != nil:
			return caddyhttp.Error(http.StatusBadRequest, err)
		case it != nil && it.Status != 0:
			return caddyhttp.Error(it.Status, errRefused)
		case it != nil:
			return caddyhttp.Error(http.StatusForbidden, errRefused)
		}
	}
	return next.ServeHTTP(w, r)
}

func parse(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	f := new(firewall)
	return f, f.UnmarshalCaddyfile(h.Dispenser)
}

func (f *firewall) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	for d.NextBlock(0) {
		switch d.Val() {
		case "load_owasp_crs":
			f.LoadOWASPCRS = true
		case "directives":
			if !d.AllArgs(&f.Directives) {
				return d.ArgErr()
			}
		default:
			return d.Errf("coraza_waf has no %s", d.Val())
		}
	}
	return nil
}

var (
	_ caddy.Provisioner           = (*firewall)(nil)
	_ caddyhttp.MiddlewareHandler = firewall{}
	_ caddyfile.Unmarshaler       = (*firewall)(nil)
)
