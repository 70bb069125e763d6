package dev.lapidary.serve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** So many clients of each server, by its name. */
record HttpRow(int clients, Map<String, HttpContender> servers) {
  BenchReport.Http reported(Map<Contender, Samples> samples) {
    Samples single = of(BenchServers.SINGLE, samples);
    Samples batched = of(BenchServers.BATCHED, samples);
    List<BenchReport.Other> others = new ArrayList<>();
    servers.forEach(
        (name, server) -> {
          if (!name.equals(BenchServers.SINGLE) && !name.equals(BenchServers.BATCHED)) {
            Samples own = of(name, samples);
            others.add(
                new BenchReport.Other(name, own.load(), Gain.of(own.rates(), single.rates())));
          }
        });
    return new BenchReport.Http(
        clients, single.load(), batched.load(), Gain.of(batched.rates(), single.rates()), others);
  }

  private Samples of(String name, Map<Contender, Samples> samples) {
    HttpContender contender = servers.get(name);
    Samples own = contender == null ? null : samples.get(contender);
    if (own == null) {
      throw new IllegalStateException("nothing was measured of " + name);
    }
    return own;
  }
}
