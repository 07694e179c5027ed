// Who the SDK's default chain says it is, with which key, once a second for as many as the argument says.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	left, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	client := sts.NewFromConfig(loaded)
	for ; left > 0; left-- {
		who, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			log.Fatal(err)
		}
		keys, err := loaded.Credentials.Retrieve(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(keys.AccessKeyID, *who.Arn)
		time.Sleep(time.Second)
	}
}
