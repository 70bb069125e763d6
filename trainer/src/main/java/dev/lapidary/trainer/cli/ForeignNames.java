package dev.lapidary.trainer.cli;

import java.util.Map;
import java.util.TreeMap;

/** Words of PyTorch's examples, timm, Ultralytics, fastai and Keras for what trainer has. */
final class ForeignNames {
  static final Map<String, String> TRAINER = new TreeMap<>();

  /** What is said here, and behind the bar the words of others for it. */
  private static final String WORDS =
      """
      trainer run | train fit finetune fine-tune fine_tune learn
      trainer evaluate RUN --data DIR | val validate test eval
      trainer predict | infer inference classify detect
      trainer resume RUN | continue restart --resume --resume-from --continue
      exporter onnx RUN --out FILE.onnx | export convert onnx
      exporter onnx RUN --quantize int8 --calibration DIR | quantize int8
      serve run --model FILE.onnx | serve server deploy
      trainer archs | models list list-models zoo
      trainer fetch | download pull
      trainer find-lr | lr-find lr_find lrfinder tune-lr
      trainer sweep | tune search
      trainer features | embed embeddings extract
      trainer layers | summary modules
      --batch-size | --batch --bs --batchsize --batch_size --train-batch-size
      --input-size | --imgsz --img --img-size --image-size --crop-size --img_size
      --precision bf16 | --amp --half --fp16 --bf16 --mixed-precision
      --set stages.0.optimizer.momentum=0.9 | --momentum --beta1
      --threads, which loads images, too | --workers --num-workers --num_workers -j
      --lr | --learning-rate --learning_rate --lr0 --base-lr --init-lr
      --weight-decay | --wd --weight_decay
      --optimizer | --opt --optim
      --schedule | --sched --scheduler --lr-scheduler --lr_scheduler_type
      --warmup | --warmup-epochs --warmup_epochs --lr-warmup-epochs
      --epochs | --n-epochs --nepochs -e --num-epochs --num_train_epochs --max-epochs
      --freeze-epochs | --frozen-epochs --freeze_epochs
      --data | --data-dir --data-path --dataset --train-dir --train --source
      --data | --csv --train-csv --annotations --images --image-dir --root
      --val | --val-dir --valid --validation --eval-data
      --val-split | --validation-split --valid-pct --test-size
      --out | --output --output-dir --project --save-dir --logdir -o
      --arch | --network --backbone --architecture -a --model-name
      --weights | --checkpoint --initial-checkpoint --init --pretrained-weights
      --augment | --auto-augment --aa --transforms --augmentation --mixup
      --label-smoothing | --smoothing --label_smoothing
      --ema 0.999 | --model-ema --model_ema --use-ema
      --clip-norm | --clip-grad --clip-grad-norm --grad-clip --max-grad-norm
      --accumulate | --grad-accum-steps --gradient-accumulation-steps --accum-iter
      --patience | --early-stopping --early-stop
      --device cuda:0 | --gpu --gpus --cuda
      --layer-decay | --llrd --layer_decay
      --class-weights | --class-weight --weighted-loss
      --loss | --criterion
      --world-size | --nproc_per_node --nproc-per-node --num-processes --world_size
      the same command of bin/spark, which is for clusters | --master --conf
      --train-only head | --feature-extract --freeze-backbone --linear-probe
      --loss bce | --multi-label --multilabel
      --sampling balanced | --weighted-sampler --balanced --oversample
      --schedule cosine | --cos-lr --cos_lr --cosine
      --config | --cfg --yaml --config-file
      nothing: the classes are those of --data | --num-classes --num_classes --nc
      --head-dropout | --drop --drop-rate
      --stochastic-depth | --drop-path --drop-path-rate
      """;

  private ForeignNames() {}

  static {
    for (String line : WORDS.lines().toList()) {
      String[] parts = line.split(" \\| ");
      to(parts[0], parts[1].split(" "));
    }
    perCommand();
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
