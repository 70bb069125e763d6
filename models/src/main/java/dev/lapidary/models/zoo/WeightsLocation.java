package dev.lapidary.models.zoo;

/** A file of weights, by its path or its https address. */
record WeightsLocation(String location) implements WeightsChoice {

  @Override
  public String name() {
    String path = location.replaceFirst("(?<=://).*?(?=/)", "").replaceFirst("[?#].*", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
