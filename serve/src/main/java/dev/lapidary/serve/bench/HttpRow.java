package dev.lapidary.serve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** So many clients of each server, by its name. */
record HttpRow(int clients, Map<String, Sampled> servers) {
  BenchReport.Http reported() {
    Samples single = of(BenchServers.SINGLE);
    Samples batched = of(BenchServers.BATCHED);
    List<BenchReport.Other> others = new ArrayList<>();
    servers.forEach(
        (name, server) -> {
          Samples own = server.samples();
          if (own != single && own != batched) {
            others.add(
                new BenchReport.Other(name, own.load(), Gain.of(own.rates(), single.rates())));
          }
        });
    return new BenchReport.Http(
        clients, single.load(), batched.load(), Gain.of(batched.rates(), single.rates()), others);
  }

  private Samples of(String name) {
    return Objects.requireNonNull(servers.get(name), () -> "nothing was measured of " + name)
        .samples();
  }
}
