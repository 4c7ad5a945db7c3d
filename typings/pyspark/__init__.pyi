# What the Spark engine uses; pyspark itself is optional, so its types may be absent.
