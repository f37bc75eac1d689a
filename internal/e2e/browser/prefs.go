package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// firefoxPrefs are given to every Firefox by user.js.
var firefoxPrefs = []struct {
	name  string
	value any
}{
	// Fake camera and microphone, nothing to allow, sound without a click.
	{"media.navigator.streams.fake", true},
	{"media.navigator.permission.disabled", true},
	{"media.autoplay.default", 0},
	{"media.autoplay.block-webaudio", false},
	{"media.autoplay.blocking_policy", 0},
	// Without a sound card an AudioContext never starts.
	{"media.cubeb.force_mock_context", true},

	// WebRTC on this machine alone, with the addresses in the clear.
	{"media.peerconnection.ice.loopback", true},
	{"media.peerconnection.ice.obfuscate_host_addresses", false},
	// A page without the permission sees the default route's addresses only,
	// also one that never asks for a camera.
	{"permissions.default.camera", 1},
	{"permissions.default.microphone", 1},

	// Nothing but the page goes to the network.
	{"app.normandy.enabled", false},
	{"app.shield.optoutstudies.enabled", false},
	{"app.update.auto", false},
	{"app.update.checkInstallTime", false},
	{"app.update.disabledForTesting", true},
	{"browser.contentblocking.database.enabled", false},
	{"browser.discovery.enabled", false},
	{"browser.newtabpage.activity-stream.feeds.section.topstories", false},
	{"browser.newtabpage.activity-stream.feeds.system.topstories", false},
	{"browser.newtabpage.activity-stream.feeds.topsites", false},
	{"browser.region.network.url", ""},
	{"browser.region.update.enabled", false},
	{"browser.safebrowsing.blockedURIs.enabled", false},
	{"browser.safebrowsing.downloads.enabled", false},
	{"browser.safebrowsing.malware.enabled", false},
	{"browser.safebrowsing.phishing.enabled", false},
	{"browser.search.update", false},
	{"browser.topsites.contile.enabled", false},
	{"datareporting.healthreport.uploadEnabled", false},
	{"datareporting.policy.dataSubmissionEnabled", false},
	{"dom.push.connection.enabled", false},
	{"extensions.blocklist.enabled", false},
	{"extensions.getAddons.cache.enabled", false},
	{"extensions.systemAddon.update.enabled", false},
	{"extensions.update.enabled", false},
	{"geo.provider.network.url", ""},
	{"media.gmp-manager.updateEnabled", false},
	{"media.gmp-manager.url", ""},
	{"network.captive-portal-service.enabled", false},
	{"network.connectivity-service.enabled", false},
	{"network.dns.disablePrefetch", true},
	{"network.http.speculative-parallel-limit", 0},
	{"network.prefetch-next", false},
	{"network.proxy.type", 0},
	{"network.trr.mode", 5},
	{"nimbus.rollouts.enabled", false},
	{"security.remote_settings.crlite_filters.enabled", false},
	{"security.remote_settings.intermediates.enabled", false},
	{"services.settings.server", "data:,#remote-settings-dummy/v1"},
	{"toolkit.telemetry.enabled", false},
	{"toolkit.telemetry.server", ""},
	{"toolkit.telemetry.unified", false},

	// An empty tab, and no process that waits for a second one.
	{"browser.aboutwelcome.enabled", false},
	{"browser.newtab.preload", false},
	{"browser.newtabpage.enabled", false},
	{"browser.sessionstore.resume_from_crash", false},
	{"browser.shell.checkDefaultBrowser", false},
	{"browser.startup.homepage", "about:blank"},
	{"browser.startup.homepage_override.mstone", "ignore"},
	{"browser.startup.page", 0},
	{"browser.tabs.warnOnClose", false},
	{"datareporting.policy.dataSubmissionPolicyBypassNotification", true},
	{"dom.ipc.processPrelaunch.enabled", false},
	{"startup.homepage_welcome_url", "about:blank"},
	{"trailhead.firstrun.didSeeAboutWelcome", true},

	// A page behaves as if somebody looked at it.
	{"dom.min_background_timeout_value", 4},
	{"dom.timeout.enable_budget_timer_throttling", false},
	{"focusmanager.testmode", true},
	{"widget.windows.window_occlusion_tracking.enabled", false},
}

// writePrefs makes the profile with its preferences.
func writePrefs(profile string, dark bool) error {
	var js bytes.Buffer
	for _, p := range firefoxPrefs {
		writePref(&js, p.name, p.value)
	}
	scheme := 1 // light
	if dark {
		scheme = 0
	}
	writePref(&js, "layout.css.prefers-color-scheme.content-override", scheme)

	if err := os.MkdirAll(profile, 0o700); err != nil {
		return fmt.Errorf("making the profile: %w", err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), js.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the preferences: %w", err)
	}
	return nil
}

func writePref(js *bytes.Buffer, name string, value any) {
	v, err := json.Marshal(value)
	if err != nil {
		panic("browser: a preference must be a bool, an int or a string: " + name)
	}
	fmt.Fprintf(js, "user_pref(%q, %s);\n", name, v)
}
