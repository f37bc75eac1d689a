package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lectern/internal/auth"
	"lectern/internal/config"
	"lectern/internal/room"
)

// tokenOptions are what a new token is to say.
type tokenOptions struct {
	file        string
	stream, can []string
	rooms       []string
	role, name  string
	sub         string
	ttl         time.Duration
}

// tokenCommand signs a token with the first configured key that can.
func tokenCommand() *cobra.Command {
	var o tokenOptions
	c := &cobra.Command{
		Use:   "token",
		Short: "Make a token that lets its holder publish, watch, or enter rooms",
		Long: "Make a token that lets its holder publish, watch, or enter rooms, and print it.\n\n" +
			"It is signed with the first key of the setting auth.jwt that can sign: an HS256\n" +
			"secret, or a private EdDSA or ES256 key. A server with that setting accepts it.\n" +
			"When its time is over, media that it let begin end. In a room nobody comes in by\n" +
			"it any more, and who is there stays until the class is over or the token is denied.",
		Example: "  lectern token --stream live/cam1 --can publish --sub alice --ttl 2h\n" +
			"  lectern token --stream 'live/*' --can watch\n" +
			"  lectern token --room math-7b --role teacher --sub noether --name 'Ms Noether'",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(config.Sources{File: o.file, Env: os.Environ()})
			if err != nil {
				return err
			}
			token, err := o.sign(settings.Auth, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), token)
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.stream, "stream", nil, "streams that it is for: `app/name`, app/begin* or *, separated by commas")
	f.StringSliceVar(&o.can, "can", nil, "what it allows: `publish`, watch or both")
	f.StringSliceVar(&o.rooms, "room", nil, "rooms that it is for: `name`, begin* or *, separated by commas")
	f.StringVar(&o.role, "role", "", "what the holder is there: `teacher`, assistant, student or observer")
	f.StringVar(&o.name, "name", "", "what the holder is `called` there")
	f.StringVar(&o.sub, "sub", "", "the holder's `name`; tokens with one name may take a stream over from each other")
	f.DurationVar(&o.ttl, "ttl", 2*time.Hour, "how long it is valid")
	configFlag(c, &o.file)
	return c
}

// sign checks what was asked for, and makes the token.
func (o tokenOptions) sign(a config.Auth, now time.Time) (string, error) {
	grant := auth.Grant{Sub: o.sub, Stream: o.stream, Rooms: o.rooms, Role: o.role, Name: o.name, Expires: now.Add(o.ttl)}
	for _, can := range o.can {
		action := auth.Action(can)
		if action != auth.Publish && action != auth.Watch {
			return "", fmt.Errorf("--can %q: want publish or watch", can)
		}
		grant.Can = append(grant.Can, action)
	}
	switch {
	case o.ttl <= 0:
		return "", fmt.Errorf("--ttl %v: want how long the token is valid, such as 2h", o.ttl)
	case len(o.rooms) > 0 && room.Role(o.role).Known() != room.Role(o.role):
		return "", fmt.Errorf("--role %q: want teacher, assistant, student or observer", o.role)
	case len(o.rooms) == 0 && (o.role != "" || o.name != ""):
		return "", errors.New("--room is needed with --role and --name: the rooms that the token is for")
	case len(o.stream) == 0 && len(o.rooms) == 0:
		return "", errors.New("--stream is needed: the streams that the token is for, such as live/cam1, live/* or *; or --room")
	case len(o.can) == 0 && len(o.stream) > 0:
		return "", errors.New("--can is needed: what the token allows, publish, watch or both")
	}
	return signFirst(a, grant, now)
}

// signFirst uses the first configured key that can sign.
func signFirst(a config.Auth, grant auth.Grant, now time.Time) (string, error) {
	if len(a.JWT) == 0 {
		return "", errors.New("no key to sign with: set auth.jwt in lectern.yaml, or LECTERN_AUTH_JWT, " +
			"such as [{alg: HS256, key_file: token.key}] with 32 or more random characters in token.key")
	}
	o, err := a.Options()
	if err != nil {
		return "", err
	}
	for i, signer := range o.JWT {
		token, err := auth.Sign(signer, grant, now)
		if errors.Is(err, auth.ErrCannotSign) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("with auth.jwt[%d]: %w", i, err)
		}
		return token, nil
	}
	return "", errors.New("every key of auth.jwt is public and can only check tokens: set a private key there, or an HS256 secret")
}
