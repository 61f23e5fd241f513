// Publishes one message with Go's crypto/tls and Paho.
// Arguments: URL, client id, CA, certificate, key, topic, message.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	args := os.Args[1:]
	pair, err := tls.LoadX509KeyPair(args[3], args[4])
	check(err)
	ca, err := os.ReadFile(args[2])
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		check(fmt.Errorf("no CA in %s", args[2]))
	}
	options := mqtt.NewClientOptions().AddBroker(args[0]).SetClientID(args[1])
	options.SetProtocolVersion(4).SetAutoReconnect(false)
	options.SetTLSConfig(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}})
	client := mqtt.NewClient(options)
	for _, token := range []func() mqtt.Token{
		client.Connect,
		func() mqtt.Token { return client.Publish(args[5], 1, false, args[6]) },
	} {
		done := token()
		done.Wait()
		check(done.Error())
	}
	client.Disconnect(1000)
}
