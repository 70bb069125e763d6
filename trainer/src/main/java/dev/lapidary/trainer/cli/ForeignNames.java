package dev.lapidary.trainer.cli;

import java.util.Map;
import java.util.TreeMap;

/** Words of PyTorch's examples, timm, Ultralytics, fastai and Keras for what trainer has. */
final class ForeignNames {
  static final Map<String, String> TRAINER = new TreeMap<>();

  private ForeignNames() {}

  static {
    to("trainer run", "train", "fit", "finetune", "fine-tune", "fine_tune", "learn");
    to("trainer evaluate RUN --data DIR", "val", "validate", "test", "eval");
    to("trainer predict", "infer", "inference", "classify", "detect");
    to("trainer resume RUN", "continue", "restart", "--resume", "--resume-from", "--continue");
    to("exporter onnx RUN --out FILE.onnx", "export", "convert", "onnx");
    to("exporter onnx RUN --quantize int8 --calibration DIR", "quantize", "int8");
    to("serve run --model FILE.onnx", "serve", "server", "deploy");
    to("trainer archs", "models", "list", "list-models", "zoo");
    to("trainer fetch", "download", "pull");
    to("trainer find-lr", "lr-find", "lr_find", "lrfinder", "tune-lr");
    to("trainer sweep", "tune", "search");
    to("trainer features", "embed", "embeddings", "extract");
    to("trainer layers", "summary", "modules");
    to("--batch-size", "--batch", "--bs", "--batchsize", "--batch_size", "--train-batch-size");
    to(
        "--input-size",
        "--imgsz",
        "--img",
        "--img-size",
        "--image-size",
        "--crop-size",
        "--img_size");
    to("--precision bf16", "--amp", "--half", "--fp16", "--bf16", "--mixed-precision");
    to("--set stages.0.optimizer.momentum=0.9", "--momentum", "--beta1");
    to("--threads, which loads images, too", "--workers", "--num-workers", "--num_workers", "-j");
    to("--lr", "--learning-rate", "--learning_rate", "--lr0", "--base-lr", "--init-lr");
    to("--weight-decay", "--wd", "--weight_decay");
    to("--optimizer", "--opt", "--optim");
    to("--schedule", "--sched", "--scheduler", "--lr-scheduler", "--lr_scheduler_type");
    to("--warmup", "--warmup-epochs", "--warmup_epochs", "--lr-warmup-epochs");
    to(
        "--epochs",
        "--n-epochs",
        "--nepochs",
        "-e",
        "--num-epochs",
        "--num_train_epochs",
        "--max-epochs");
    to("--freeze-epochs", "--frozen-epochs", "--freeze_epochs");
    to("--data", "--data-dir", "--data-path", "--dataset", "--train-dir", "--train", "--source");
    to("--data", "--csv", "--train-csv", "--annotations", "--images", "--image-dir", "--root");
    to("--val", "--val-dir", "--valid", "--validation", "--eval-data");
    to("--val-split", "--validation-split", "--valid-pct", "--test-size");
    to("--out", "--output", "--output-dir", "--project", "--save-dir", "--logdir", "-o");
    to("--arch", "--network", "--backbone", "--architecture", "-a", "--model-name");
    to("--weights", "--checkpoint", "--initial-checkpoint", "--init", "--pretrained-weights");
    to("--augment", "--auto-augment", "--aa", "--transforms", "--augmentation", "--mixup");
    to("--label-smoothing", "--smoothing", "--label_smoothing");
    to("--ema 0.999", "--model-ema", "--model_ema", "--use-ema");
    to("--clip-norm", "--clip-grad", "--clip-grad-norm", "--grad-clip", "--max-grad-norm");
    to("--accumulate", "--grad-accum-steps", "--gradient-accumulation-steps", "--accum-iter");
    to("--patience", "--early-stopping", "--early-stop");
    to("--device cuda:0", "--gpu", "--gpus", "--cuda");
    to("--layer-decay", "--llrd", "--layer_decay");
    to("--class-weights", "--class-weight", "--weighted-loss");
    to("--loss", "--criterion");
    to("--world-size", "--nproc_per_node", "--nproc-per-node", "--num-processes", "--world_size");
    to("the same command of bin/spark, which is for clusters", "--master", "--conf");
    to("--train-only head", "--feature-extract", "--freeze-backbone", "--linear-probe");
    to("--loss bce", "--multi-label", "--multilabel");
    to("--sampling balanced", "--weighted-sampler", "--balanced", "--oversample");
    to("--schedule cosine", "--cos-lr", "--cos_lr", "--cosine");
    to("--config", "--cfg", "--yaml", "--config-file");
    to("nothing: the classes are those of --data", "--num-classes", "--num_classes", "--nc");
    perCommand();
    to("--head-dropout", "--drop", "--drop-rate");
    to("--stochastic-depth", "--drop-path", "--drop-path-rate");
  }

  /** What is an argument here, or a part of a file. */
  private static void perCommand() {
    for (String command : new String[] {"predict", "evaluate", "features"}) {
      String model = "the first argument, without an option's name";
      for (String word : new String[] {"--model", "--weights", "--checkpoint", "--run"}) {
        to(model, command + " " + word);
      }
    }
    for (String word : new String[] {"--data", "--source", "--images", "--input", "--csv-in"}) {
      to("DIR|FILE behind the model, without an option's name", "predict " + word);
      to("IMAGE|DIR, without an option's name", "preview " + word);
    }
    for (String word : new String[] {"--out", "--output", "-o", "--save", "--project"}) {
      to("standard output: --csv > FILE", "predict " + word);
    }
    to("--top", "predict --topk", "predict --top-k", "predict -k");
    for (String word : new String[] {"--data", "--arch", "--lr", "--epochs", "--model", "--set"}) {
      to("a key in the file of --config", "sweep " + word);
    }
  }

  private static void to(String ours, String... theirs) {
    for (String word : theirs) {
      TRAINER.put(word, ours);
    }
  }
}
