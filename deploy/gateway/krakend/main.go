// KrakenD as far as krakend.json uses it: the router, the proxy, the check of tokens and the rates, put together as KrakenD's own
// community edition does (github.com/krakend/krakend-ce), which reads the same file.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/gin-gonic/gin"
	gologging "github.com/krakend/krakend-gologging/v2"
	jose "github.com/krakend/krakend-jose/v2"
	ginjose "github.com/krakend/krakend-jose/v2/gin"
	ratelimit "github.com/krakend/krakend-ratelimit/v3/router/gin"
	"github.com/luraproject/lura/v2/config"
	"github.com/luraproject/lura/v2/logging"
	"github.com/luraproject/lura/v2/proxy"
	router "github.com/luraproject/lura/v2/router/gin"
	"github.com/luraproject/lura/v2/transport/http/client"
	"github.com/luraproject/lura/v2/transport/http/server"
)

// What krakend.json calls its parts by, and the namespaces by which the parts look for them.
var aliases = map[string]string{
	"auth/validator":    "github.com/devopsfaith/krakend-jose/validator",
	"backend/graphql":   "github.com/devopsfaith/krakend/transport/http/client/graphql",
	"proxy":             "github.com/devopsfaith/krakend/proxy",
	"router":            "github_com/luraproject/lura/router/gin",
	"telemetry/logging": "github_com/devopsfaith/krakend-gologging",
}

// It looks for its part by this name itself.
const rates = "qos/ratelimit/router"

// A part that is named and not there would be passed over in silence, a check of tokens among them.
func unknown(extra config.ExtraConfig) error {
	for name := range extra {
		found := name == rates
		for alias, namespace := range aliases {
			found = found || name == alias || name == namespace
		}
		if !found {
			return fmt.Errorf("extra_config: this KrakenD has no %s", name)
		}
	}
	return nil
}

func read(file string) (config.ServiceConfig, error) {
	for alias, namespace := range aliases {
		config.ExtraConfigAlias[alias] = namespace
	}
	cfg, err := config.NewParser().Parse(file)
	if err != nil {
		return cfg, err
	}
	cfg.Normalize()
	extras := []config.ExtraConfig{cfg.ExtraConfig}
	for _, endpoint := range cfg.Endpoints {
		extras = append(extras, endpoint.ExtraConfig)
		for _, backend := range endpoint.Backend {
			extras = append(extras, backend.ExtraConfig)
		}
	}
	for _, extra := range extras {
		if err := unknown(extra); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

func serve(ctx context.Context, cfg config.ServiceConfig) error {
	logger, err := gologging.NewLogger(cfg.ExtraConfig)
	if err != nil {
		return err
	}
	gin.SetMode(gin.ReleaseMode)
	if err := jose.SetGlobalCacher(logger, cfg.ExtraConfig); err != nil && err != jose.ErrNoValidatorCfg {
		return err
	}
	backends := proxy.CustomHTTPProxyFactory(client.NewHTTPClient)
	handlers := router.CustomErrorEndpointHandler(logger, server.DefaultToHTTPError)
	handlers = ratelimit.NewRateLimiterMw(logger, handlers)
	handlers = ginjose.HandlerFactory(handlers, logger, new(jose.NopRejecterFactory))
	router.NewFactory(router.Config{
		Engine:         router.NewEngine(cfg, router.EngineOptions{Logger: logger, Writer: os.Stdout}),
		ProxyFactory:   proxy.NewDefaultFactory(backends, logger),
		Logger:         logging.Logger(logger),
		HandlerFactory: handlers,
		RunServer:      router.RunServerFunc(server.RunServerWithLoggerFactory(logger)),
	}).NewWithContext(ctx).Run(cfg)
	return nil
}

func main() {
	file := flag.String("c", "krakend.json", "what it serves")
	check := flag.Bool("check", false, "only reads the file, and says what is wrong with it")
	flag.Parse()
	cfg, err := read(*file)
	if err == nil && !*check {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		err = serve(ctx, cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
